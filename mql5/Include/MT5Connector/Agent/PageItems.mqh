//+------------------------------------------------------------------+
//|                                                    PageItems.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_PAGEITEMS_MQH
#define MT5CONNECTOR_AGENT_PAGEITEMS_MQH
#include <MT5Connector/Agent/Limits.mqh>

//+------------------------------------------------------------------+
//| A result that is given page by page: its items as JSON, each in one of several lists|
//+------------------------------------------------------------------+
class CPageItems
  {
public:
   string            texts[];
   int               lists[];
                     CPageItems(void) {}
   void              Clear(void);
   bool              Add(const int list,const string json);
   bool              Insert(const int place,const int list,const string json);
   int               Size(void) const { return(ArraySize(texts)); }
   int               End(const int start) const;
   bool              Take(const CPageItems &other);
  };
//+------------------------------------------------------------------+
//| No items                                                       |
//+------------------------------------------------------------------+
void CPageItems::Clear(void)
  {
   ArrayFree(texts);
   ArrayFree(lists);
  }
//+------------------------------------------------------------------+
//| One item more                                                  |
//+------------------------------------------------------------------+
bool CPageItems::Add(const int list,const string json)
  {
   int count=ArraySize(texts);
   if(ArrayResize(texts,count+1,1024)!=count+1 || ArrayResize(lists,count+1,1024)!=count+1)
      return(false);
   texts[count]=json;
   lists[count]=list;
   return(true);
  }
//+------------------------------------------------------------------+
//| One item more, at a place                                      |
//+------------------------------------------------------------------+
bool CPageItems::Insert(const int place,const int list,const string json)
  {
   if(!Add(list,json))
      return(false);
   for(int i=ArraySize(texts)-1; i>place; i--)
     {
      texts[i]=texts[i-1];
      lists[i]=lists[i-1];
     }
   texts[place]=json;
   lists[place]=list;
   return(true);
  }
//+------------------------------------------------------------------+
//| Where the page that begins at a place ends; it holds at least one item. A unit of text is at most 3 bytes|
//+------------------------------------------------------------------+
int CPageItems::End(const int start) const
  {
   int left=(AGENT_REPLY_BYTES-AGENT_HEAD_BYTES)/3;
   for(int i=start; i<ArraySize(texts); i++)
     {
      left-=StringLen(texts[i])+1;
      if(left<0 && i>start)
         return(i);
     }
   return(ArraySize(texts));
  }
//+------------------------------------------------------------------+
//| Becomes a copy                                                 |
//+------------------------------------------------------------------+
bool CPageItems::Take(const CPageItems &other)
  {
   Clear();
   for(int i=0; i<other.Size(); i++)
      if(!Add(other.lists[i],other.texts[i]))
         return(false);
   return(true);
  }
#endif
//+------------------------------------------------------------------+
