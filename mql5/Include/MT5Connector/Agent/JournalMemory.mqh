//+------------------------------------------------------------------+
//|                                                JournalMemory.mqh |
//|                                      Copyright 2026, Trading Org |
//|                     https://github.com/trading-org/mt5-connector |
//+------------------------------------------------------------------+
#ifndef MT5CONNECTOR_AGENT_JOURNALMEMORY_MQH
#define MT5CONNECTOR_AGENT_JOURNALMEMORY_MQH
#include <MT5Connector/Agent/JournalEntry.mqh>
#include <MT5Connector/Agent/TextIndex.mqh>
#include <MT5Connector/Json/JsonReader.mqh>

//+------------------------------------------------------------------+
//| What the journal says, as its records are taken in and given out again|
//+------------------------------------------------------------------+
class CJournalMemory
  {
private:
   string            AccountRecord(void) const;
   void              ApplyCommand(const CJsonReader &reader);
   void              ApplyAims(const CJsonReader &reader,const int ev,const int slot);
   void              ApplyOutcome(const CJsonReader &reader,const bool tombstone);
   static string     Text(const CJsonReader &reader,const int object,const string name);
   static long       Whole(const CJsonReader &reader,const int object,const string name);
   static ulong      Ticket(const CJsonReader &reader,const int object,const string name);
   static double     Amount(const CJsonReader &reader,const int object,const string name);
protected:
   CTextIndex        m_index;
   int               m_sequence[];
   long              m_login;
   string            m_server;
   long              m_epoch;
   long              m_last_ms;
   long              m_floor_epoch;
   long              m_floor_issued;
   long              m_floor_utc;
   long              m_settled;
   string            EpochRecord(void) const;
   string            FloorRecord(void) const;
   bool              Apply(const string record);
   int               AddEntry(const string client,const string id);
   bool              Image(string &records[]) const;
public:
   SJournalEntry     entries[];
                     CJournalMemory(void);
   long              Epoch(void) const { return(m_epoch); }
   long              SinceUtcMs(void) const { return(m_floor_utc); }
   bool              IsBelowFloor(const long epoch,const long issued_at) const { return(CNames::Before(epoch,issued_at,m_floor_epoch,m_floor_issued)); }
   int               Find(const string client,const string id) const { return(m_index.Find(client+" "+id)); }
   int               Sequence(void) const { return(ArraySize(m_sequence)); }
   int               SlotAt(const int place) const { return(m_sequence[place]); }
   int               Unacknowledged(const string client,int &slots[]) const;
   bool              IsClaimed(const ulong ticket,const int but) const;
   ulong             NewestDeal(void) const;
  };
//+------------------------------------------------------------------+
//| Empty                                                          |
//+------------------------------------------------------------------+
CJournalMemory::CJournalMemory(void)
  {
   m_login=0;
   m_server="";
   m_epoch=0;
   m_last_ms=0;
   m_floor_epoch=0;
   m_floor_issued=0;
   m_floor_utc=0;
   m_settled=0;
  }
//+------------------------------------------------------------------+
//| A text of a record                                             |
//+------------------------------------------------------------------+
static string CJournalMemory::Text(const CJsonReader &reader,const int object,const string name)
  {
   string value="";
   if(!reader.GetText(reader.Find(object,name),value))
      return("");
   return(value);
  }
//+------------------------------------------------------------------+
//| A whole number of a record                                     |
//+------------------------------------------------------------------+
static long CJournalMemory::Whole(const CJsonReader &reader,const int object,const string name)
  {
   long value=0;
   if(!reader.GetLong(reader.Find(object,name),value))
      return(0);
   return(value);
  }
//+------------------------------------------------------------------+
//| A ticket of a record                                           |
//+------------------------------------------------------------------+
static ulong CJournalMemory::Ticket(const CJsonReader &reader,const int object,const string name)
  {
   ulong value=0;
   if(!reader.GetUlong(reader.Find(object,name),value))
      return(0);
   return(value);
  }
//+------------------------------------------------------------------+
//| A number of a record                                           |
//+------------------------------------------------------------------+
static double CJournalMemory::Amount(const CJsonReader &reader,const int object,const string name)
  {
   double value=0.0;
   if(!reader.GetDouble(reader.Find(object,name),value))
      return(0.0);
   return(value);
  }
//+------------------------------------------------------------------+
//| Whose journal it is                                            |
//+------------------------------------------------------------------+
string CJournalMemory::AccountRecord(void) const
  {
   CJsonWriter json;
   json.BeginObject();
   CRecordWriter::Word(json,"k","journal");
   CRecordWriter::Integer(json,"v",1);
   json.Name("login");
   json.LongText(m_login);
   CRecordWriter::Word(json,"server",m_server);
   json.EndObject();
   return(json.Whole());
  }
//+------------------------------------------------------------------+
//| The epoch                                                      |
//+------------------------------------------------------------------+
string CJournalMemory::EpochRecord(void) const
  {
   return("{\"k\":\"epoch\",\"epoch\":"+(string)m_epoch+",\"t\":"+(string)m_last_ms+"}");
  }
//+------------------------------------------------------------------+
//| The stamp from which the journal vouches to be complete        |
//+------------------------------------------------------------------+
string CJournalMemory::FloorRecord(void) const
  {
   return("{\"k\":\"floor\",\"e\":"+(string)m_floor_epoch+",\"i\":"+(string)m_floor_issued+",\"u\":"+(string)m_floor_utc+
          ",\"t\":"+(string)m_last_ms+"}");
  }
//+------------------------------------------------------------------+
//| An entry of that name; the earlier one stands, for a record may be written twice. -1 without memory|
//+------------------------------------------------------------------+
int CJournalMemory::AddEntry(const string client,const string id)
  {
   int known=m_index.Find(client+" "+id);
   if(known>=0)
      return(known);
   int slot=m_index.Add(client+" "+id);
   if(slot<0)
      return(-1);
   int place=ArraySize(m_sequence);
   if((slot>=ArraySize(entries) && ArrayResize(entries,slot+1,4096)!=slot+1) || ArrayResize(m_sequence,place+1,4096)!=place+1)
     {
      m_index.Remove(slot);
      return(-1);
     }
   m_sequence[place]=slot;
   ZeroMemory(entries[slot]);
   entries[slot].client=client;
   entries[slot].id=id;
   entries[slot].state=OUTCOME_PENDING;
   entries[slot].published_ms=-1000000;
   return(slot);
  }
//+------------------------------------------------------------------+
//| Takes in a command record                                      |
//+------------------------------------------------------------------+
void CJournalMemory::ApplyCommand(const CJsonReader &reader)
  {
   int slot=AddEntry(Text(reader,0,"c"),Text(reader,0,"id"));
   if(slot<0 || entries[slot].durable)
      return;
   entries[slot].instance=Text(reader,0,"in");
   entries[slot].digest=Text(reader,0,"d");
   entries[slot].epoch=Whole(reader,0,"e");
   entries[slot].issued_at=Whole(reader,0,"i");
   entries[slot].received_ms=Whole(reader,0,"r");
   entries[slot].stored_ms=Whole(reader,0,"t");
   entries[slot].utc_ms=Whole(reader,0,"u");
   entries[slot].sent_ms=Whole(reader,0,"s");
   entries[slot].is_command=true;
   entries[slot].durable=true;
   int ev=reader.Find(0,"ev");
   double volume=0.0;
   bool   magic_tag=false;
   entries[slot].evidence.symbol=Text(reader,ev,"symbol");
   entries[slot].evidence.side=CNames::Find(g_sides,Text(reader,ev,"side"));
   if(reader.GetDouble(reader.Find(ev,"volume"),volume))
      entries[slot].evidence.volume=volume;
   entries[slot].evidence.magic=Ticket(reader,ev,"magic");
   entries[slot].evidence.position=Ticket(reader,ev,"position");
   entries[slot].evidence.comment_tag=Text(reader,ev,"commentTag");
   if(reader.GetBool(reader.Find(ev,"magicTag"),magic_tag))
      entries[slot].evidence.magic_tag=magic_tag;
   entries[slot].evidence.after_order=Ticket(reader,ev,"afterOrder");
   entries[slot].evidence.after_deal=Ticket(reader,ev,"afterDeal");
   entries[slot].evidence.broker_ms=Whole(reader,ev,"brokerMs");
   ApplyAims(reader,ev,slot);
   if(entries[slot].stored_ms>m_last_ms)
      m_last_ms=entries[slot].stored_ms;
  }
//+------------------------------------------------------------------+
//| Takes in what tells a command from market orders and closes    |
//+------------------------------------------------------------------+
void CJournalMemory::ApplyAims(const CJsonReader &reader,const int ev,const int slot)
  {
   entries[slot].evidence.order_kind=entries[slot].evidence.side;
   int kind=CNames::Find(g_kinds,Text(reader,ev,"orderKind"));
   if(kind>=0)
      entries[slot].evidence.order_kind=kind;
   entries[slot].evidence.position_by=Ticket(reader,ev,"positionBy");
   int target=CNames::Find(g_targets,Text(reader,ev,"target"));
   if(target<=TARGET_NONE)
      return;
   entries[slot].evidence.target=target;
   entries[slot].evidence.target_ticket=Ticket(reader,ev,"targetTicket");
   entries[slot].evidence.wants=(int)Whole(reader,ev,"wants");
   entries[slot].evidence.want_price=Amount(reader,ev,"price");
   entries[slot].evidence.want_stoplimit=Amount(reader,ev,"priceStopLimit");
   entries[slot].evidence.want_stop_loss=Amount(reader,ev,"stopLoss");
   entries[slot].evidence.want_take_profit=Amount(reader,ev,"takeProfit");
   entries[slot].evidence.want_lifetime=(int)Whole(reader,ev,"lifetime");
   entries[slot].evidence.want_expiration_ms=Whole(reader,ev,"expirationBrokerMs");
  }
//+------------------------------------------------------------------+
//| Takes in an outcome or a tombstone                             |
//+------------------------------------------------------------------+
void CJournalMemory::ApplyOutcome(const CJsonReader &reader,const bool tombstone)
  {
   string outcome="";
   bool   acknowledged=false;
   int    slot=m_index.Find(Text(reader,0,"c")+" "+Text(reader,0,"id"));
   if(slot<0 && tombstone)
      slot=AddEntry(Text(reader,0,"c"),Text(reader,0,"id"));
   if(slot<0 || !reader.GetRaw(reader.Find(0,"o"),outcome))
      return;
   if(tombstone)
     {
      entries[slot].epoch=Whole(reader,0,"e");
      entries[slot].issued_at=Whole(reader,0,"i");
      entries[slot].stored_ms=Whole(reader,0,"t");
      entries[slot].utc_ms=Whole(reader,0,"u");
      entries[slot].durable=true;
      if(entries[slot].stored_ms>m_last_ms)
         m_last_ms=entries[slot].stored_ms;
     }
   entries[slot].sent_ms=Whole(reader,0,"s");
   entries[slot].state=(ENUM_OUTCOME_STATE)(int)Whole(reader,0,"st");
   entries[slot].retcode=Whole(reader,0,"rc");
   entries[slot].order=Ticket(reader,0,"or");
   entries[slot].outcome=outcome;
   if(entries[slot].settled_no==0)
     {
      m_settled++;
      entries[slot].settled_no=m_settled;
     }
   if(reader.GetBool(reader.Find(0,"a"),acknowledged) && acknowledged)
      entries[slot].acknowledged=true;
  }
//+------------------------------------------------------------------+
//| Takes in one record                                            |
//+------------------------------------------------------------------+
bool CJournalMemory::Apply(const string record)
  {
   CJsonReader reader;
   uchar       bytes[];
   if(CUtf8::Encode(record,bytes)<1 || !reader.Parse(bytes) || reader.Kind(0)!=JSON_OBJECT)
      return(false);
   string kind=Text(reader,0,"k");
   if(kind=="journal")
     {
      m_login=Whole(reader,0,"login");
      m_server=Text(reader,0,"server");
      return(Whole(reader,0,"v")==1);
     }
   if(kind=="epoch")
     {
      long epoch=Whole(reader,0,"epoch");
      long at=Whole(reader,0,"t");
      if(epoch>m_epoch)
         m_epoch=epoch;
      if(at>m_last_ms)
         m_last_ms=at;
      return(true);
     }
   if(kind=="floor")
     {
      long at=Whole(reader,0,"t");
      m_floor_epoch=Whole(reader,0,"e");
      m_floor_issued=Whole(reader,0,"i");
      m_floor_utc=Whole(reader,0,"u");
      if(at>m_last_ms)
         m_last_ms=at;
      return(true);
     }
   if(kind=="ack")
     {
      int slot=m_index.Find(Text(reader,0,"c")+" "+Text(reader,0,"id"));
      if(slot>=0)
         entries[slot].acknowledged=true;
      return(true);
     }
   if(kind=="command")
      ApplyCommand(reader);
   if(kind=="outcome" || kind=="tombstone")
      ApplyOutcome(reader,kind=="tombstone");
   return(kind=="command" || kind=="outcome" || kind=="tombstone");
  }
//+------------------------------------------------------------------+
//| The fewest records that say the same                           |
//+------------------------------------------------------------------+
bool CJournalMemory::Image(string &records[]) const
  {
   int count=3;
   if(ArrayResize(records,3,4096)!=3)
      return(false);
   records[0]=AccountRecord();
   records[1]=EpochRecord();
   records[2]=FloorRecord();
   for(int i=0; i<ArraySize(m_sequence); i++)
     {
      int slot=m_sequence[i];
      if(slot<0 || (entries[slot].is_command && !entries[slot].durable))
         continue;
      if(ArrayResize(records,count+2,4096)!=count+2)
         return(false);
      if(entries[slot].is_command)
        {
         records[count]=CEntryWriter::CommandRecord(entries[slot]);
         count++;
        }
      if(entries[slot].state!=OUTCOME_PENDING)
        {
         records[count]=CEntryWriter::SettledRecord(entries[slot]);
         count++;
        }
     }
   return(ArrayResize(records,count)==count);
  }
//+------------------------------------------------------------------+
//| Outcomes of a client that it has not acknowledged, in the order of their settling|
//+------------------------------------------------------------------+
int CJournalMemory::Unacknowledged(const string client,int &slots[]) const
  {
   int count=0;
   if(ArrayResize(slots,0)!=0)
      return(0);
   for(int i=0; i<ArraySize(m_sequence); i++)
     {
      int slot=m_sequence[i];
      if(slot<0 || entries[slot].acknowledged || entries[slot].client!=client)
         continue;
      if(entries[slot].state!=OUTCOME_EXECUTED && entries[slot].state!=OUTCOME_REJECTED)
         continue;
      if(ArrayResize(slots,count+1,256)!=count+1)
         return(count);
      int place=count;
      while(place>0 && entries[slots[place-1]].settled_no>entries[slot].settled_no)
        {
         slots[place]=slots[place-1];
         place--;
        }
      slots[place]=slot;
      count++;
     }
   return(count);
  }
//+------------------------------------------------------------------+
//| Whether an order accounts for another command: for what it did, or for that it did nothing|
//+------------------------------------------------------------------+
bool CJournalMemory::IsClaimed(const ulong ticket,const int but) const
  {
   for(int i=0; i<ArraySize(m_sequence); i++)
     {
      int slot=m_sequence[i];
      if(slot>=0 && slot!=but && entries[slot].order==ticket && (entries[slot].state==OUTCOME_EXECUTED || entries[slot].state==OUTCOME_REJECTED))
         return(true);
     }
   return(false);
  }
//+------------------------------------------------------------------+
//| The newest deal that was shown when a command was taken        |
//+------------------------------------------------------------------+
ulong CJournalMemory::NewestDeal(void) const
  {
   ulong newest=0;
   for(int i=0; i<ArraySize(m_sequence); i++)
     {
      int slot=m_sequence[i];
      if(slot>=0 && entries[slot].evidence.after_deal>newest)
         newest=entries[slot].evidence.after_deal;
     }
   return(newest);
  }
#endif
//+------------------------------------------------------------------+
