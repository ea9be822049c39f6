//+------------------------------------------------------------------+
//|                                                    TextIndex.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_TEXTINDEX_MQH
#define MT5CONNECTOR_AGENT_TEXTINDEX_MQH
//+------------------------------------------------------------------+
//| Finds the slot of a text; slots that are freed are used again  |
//+------------------------------------------------------------------+
class CTextIndex
  {
private:
   int               m_heads[];
   int               m_next[];
   string            m_keys[];
   bool              m_used[];
   int               m_free;
   int               m_slots;
   int               m_count;
   static uint       Hash(const string key);
   void              Grow(void);
public:
                     CTextIndex(void);
   int               Find(const string key) const;
   int               Add(const string key);
   void              Remove(const int slot);
   int               Count(void) const { return(m_count); }
   int               Slots(void) const { return(m_slots); }
   bool              IsUsed(const int slot) const { return(m_used[slot]); }
  };
//+------------------------------------------------------------------+
//| Empty                                                          |
//+------------------------------------------------------------------+
CTextIndex::CTextIndex(void)
  {
   m_free=-1;
   m_slots=0;
   m_count=0;
  }
//+------------------------------------------------------------------+
//| FNV-1a over the units                                          |
//+------------------------------------------------------------------+
static uint CTextIndex::Hash(const string key)
  {
   uint hash=((uint)0x811C<<16)|0x9DC5;
   int  length=StringLen(key);
   for(int i=0; i<length; i++)
      hash=(hash^(uint)StringGetCharacter(key,i))*16777619;
   return(hash);
  }
//+------------------------------------------------------------------+
//| Twice as many chains; without memory the old ones go on to serve|
//+------------------------------------------------------------------+
void CTextIndex::Grow(void)
  {
   int size=ArraySize(m_heads)*2;
   if(size<1024)
      size=1024;
   if(ArrayResize(m_heads,size)!=size)
      return;
   ArrayFill(m_heads,0,size,-1);
   for(int slot=0; slot<m_slots; slot++)
      if(m_used[slot])
        {
         int chain=(int)(Hash(m_keys[slot])%(uint)size);
         m_next[slot]=m_heads[chain];
         m_heads[chain]=slot;
        }
  }
//+------------------------------------------------------------------+
//| The slot of a text, or -1                                      |
//+------------------------------------------------------------------+
int CTextIndex::Find(const string key) const
  {
   int size=ArraySize(m_heads);
   if(size==0)
      return(-1);
   for(int slot=m_heads[(int)(Hash(key)%(uint)size)]; slot>=0; slot=m_next[slot])
      if(m_keys[slot]==key)
         return(slot);
   return(-1);
  }
//+------------------------------------------------------------------+
//| The slot of a text, new if need be; -1 without memory          |
//+------------------------------------------------------------------+
int CTextIndex::Add(const string key)
  {
   int slot=Find(key);
   if(slot>=0)
      return(slot);
   if(m_count>=ArraySize(m_heads))
      Grow();
   int size=ArraySize(m_heads);
   if(size==0)
      return(-1);
   slot=m_free;
   if(slot>=0)
      m_free=m_next[slot];
   else
     {
      int more=m_slots+1;
      if(ArrayResize(m_next,more,4096)!=more || ArrayResize(m_keys,more,4096)!=more || ArrayResize(m_used,more,4096)!=more)
         return(-1);
      slot=m_slots;
      m_slots=more;
     }
   int chain=(int)(Hash(key)%(uint)size);
   m_keys[slot]=key;
   m_used[slot]=true;
   m_next[slot]=m_heads[chain];
   m_heads[chain]=slot;
   m_count++;
   return(slot);
  }
//+------------------------------------------------------------------+
//| Frees a slot                                                   |
//+------------------------------------------------------------------+
void CTextIndex::Remove(const int slot)
  {
   if(!m_used[slot])
      return;
   int chain=(int)(Hash(m_keys[slot])%(uint)ArraySize(m_heads));
   int before=-1;
   for(int i=m_heads[chain]; i>=0 && i!=slot; i=m_next[i])
      before=i;
   if(before<0)
      m_heads[chain]=m_next[slot];
   else
      m_next[before]=m_next[slot];
   m_used[slot]=false;
   m_keys[slot]="";
   m_next[slot]=m_free;
   m_free=slot;
   m_count--;
  }
#endif
//+------------------------------------------------------------------+
